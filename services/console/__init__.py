"""The consoles: pages of regulators, practitioners, coordinators and those who read figures."""
