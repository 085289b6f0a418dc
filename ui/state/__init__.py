"""What a reader chose and what it means: address, shop, scope, filters, language."""
