"""The page a regulator books on, come from the national platform (`Slot.comment`, INT_SSO)."""
