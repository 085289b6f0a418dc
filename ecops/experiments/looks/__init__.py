"""Looking at a running test without fooling oneself, and whether its traffic is split as planned."""
