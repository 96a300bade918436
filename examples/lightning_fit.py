"""PyTorch Lightning: one more callback makes each `fit` a run. `lightning.pytorch` does as well."""

import torch
from pytorch_lightning import LightningModule, Trainer
from torch.utils.data import DataLoader, TensorDataset

from payoff.integrations.lightning import PayoffCallback


class Line(LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch: list[torch.Tensor]) -> torch.Tensor:
        loss = torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
        self.log("loss", loss, on_epoch=True)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


x = torch.rand(256, 1)
callback = PayoffCallback(quality="loss_epoch", budget="0.1 kWh")
trainer = Trainer(max_epochs=3, callbacks=[callback], logger=False, enable_checkpointing=False)
trainer.fit(Line(), DataLoader(TensorDataset(x, 2 * x), batch_size=16))
