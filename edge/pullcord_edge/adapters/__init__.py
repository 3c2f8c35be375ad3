"""One module for each outside thing; they put values in the inbox and carry out effects."""
