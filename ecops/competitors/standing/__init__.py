"""Where we stand among peers: who they are, on which number we are behind, and what that is worth."""
