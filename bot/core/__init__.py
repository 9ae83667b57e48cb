"""The engine: a question goes in, a reply comes out. Pure and synchronous, with no network and no clock."""
