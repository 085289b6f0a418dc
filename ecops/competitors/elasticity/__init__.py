"""How do sales answer to the price, as far as the data can tell, and which price would pay more?"""
