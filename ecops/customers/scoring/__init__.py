"""How recently, how often and for how much did each customer buy, and which segment is she in?"""
