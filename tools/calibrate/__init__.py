"""Does every statement of certainty hold its promised error, on shops that no method was made for?"""
