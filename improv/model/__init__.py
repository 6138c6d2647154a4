"""Networks, predictors and model folders; the only room besides train that may import TensorFlow."""
