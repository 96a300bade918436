"""A plain loop needs no callback: the window is told the readings and asked whether the budget is spent."""

import payoff

weight = 0.0
with payoff.measure("plain-loop", quality="loss", budget="5 min") as run:
    for epoch in range(1, 21):
        weight += 0.1 * (1.0 - weight)
        run.read(step=epoch, loss=(1.0 - weight) ** 2, examples=1000)
        if run.should_stop:
            break
