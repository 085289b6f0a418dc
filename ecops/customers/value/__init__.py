"""What will each customer still bring: probability of an order, number of orders, money."""
