"""The pure core of a station: values in, also `now`; values out."""
