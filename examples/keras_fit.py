"""Keras 3: one more callback makes each `fit` a run, whatever the back end."""

import keras
import numpy as np

from payoff.integrations.keras import PayoffCallback

x = np.random.default_rng(0).random((256, 1), dtype=np.float32)
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", loss="mse")
callback = PayoffCallback("line", quality="val_loss", budget="0.1 kWh", examples_per_epoch=192)
model.fit(x, 2 * x, epochs=3, validation_split=0.25, callbacks=[callback])
