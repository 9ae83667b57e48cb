"""posbot: answers medical-billing staff's questions about US Place of Service codes."""
