"""Figures on demand: asked of the read model, or of the log as it was, and put into files."""
