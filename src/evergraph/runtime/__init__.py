"""How a program runs: plans, passes, segments, state and sessions."""
