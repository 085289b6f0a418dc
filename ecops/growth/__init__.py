"""How the business changed, which factor and which segment made the change, and whether it is more than chance."""
