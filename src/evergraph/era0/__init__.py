"""0.x signatures and behaviours, where 1.x has others."""
