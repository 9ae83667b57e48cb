"""The hosted process: its settings, its logs, and how it starts and stops."""
