"""Networks, predictors and model folders: with train, the only room with TensorFlow."""
