"""The application that joins the other packages."""
