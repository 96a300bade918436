"""Hugging Face Trainer: one more callback makes each `train` a run."""

import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

from payoff.integrations.transformers import PayoffCallback

data = [{"input_ids": torch.full((8,), 1 + n % 2), "labels": n % 2} for n in range(64)]
model = BertForSequenceClassification(
    BertConfig(vocab_size=8, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2)
)
arguments = TrainingArguments("out", num_train_epochs=2, eval_strategy="epoch", logging_steps=4, report_to="none")
callback = PayoffCallback(quality="eval_loss", budget="0.1 kWh")
Trainer(model, arguments, train_dataset=data, eval_dataset=data, callbacks=[callback]).train()
