"""The coordinator's console, and what ARS and CPAM read: places, flow, figures, never a name."""
