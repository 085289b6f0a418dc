"""Against whom are we behind, on which number, what is it worth, and is our price right?"""
