"""Several devices, or several machines, learning as one.

Every worker makes the same lesson, since a lesson follows from the seed and its place, and takes
its own rows of it; the gradients are added up, and every worker takes the same step. So the run
goes as it would in one process, but for the order in which numbers are added.

One machine with several GPUs: `tf.distribute.MirroredStrategy`. Several processes or machines:
`tf.distribute.MultiWorkerMirroredStrategy`, told of each other by TF_CONFIG as TensorFlow
describes it. Keras 3 fits no model under the latter (keras-team/keras#20585), and its optimizers
clip before they add up. So TensorFlow only shares out and adds up here: the model and the
optimizer stand outside the strategy's scope, once a process, and each step gives the replicas
the weights as they are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from improv.errors import UsageError
from improv.train.config import TrainConfig
from improv.train.learner import Floats, names
from improv.train.lessons import Lesson
from improv.train.losses import goal


def strategy() -> Any | None:
    """How to share the work out here; None where there is one process and at most one GPU.

    To be asked before TensorFlow does anything else. Raises UsageError on a TF_CONFIG that is
    none.
    """
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG", "{}")).get("cluster", {})
        workers = [*cluster.get("chief", []), *cluster.get("worker", [])]
    except (ValueError, AttributeError, TypeError) as error:
        raise UsageError(
            f"TF_CONFIG is not as TensorFlow describes it ({error}); correct or unset it"
        ) from None
    if len(workers) > 1:
        return tf.distribute.MultiWorkerMirroredStrategy()
    if len(tf.config.list_physical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return None


class Together:
    """A `Learner` whose lessons are shared out among the replicas of a strategy."""

    def __init__(self, model: Any, config: TrainConfig, strategy: Any) -> None:
        self.model = model
        self._strategy = strategy
        self.devices = self._replicas = strategy.num_replicas_in_sync
        resolver = strategy.cluster_resolver
        cluster = resolver.cluster_spec().as_dict() if resolver is not None else {}
        self.workers = sum(map(len, cluster.values())) or 1
        # a chief, where one is named, comes before worker 0
        after = len(cluster.get("chief", [])) if resolver and resolver.task_type != "chief" else 0
        self.number = (resolver.task_id or 0) + after if cluster else 0
        self._local = self._replicas // self.workers
        if config.batch % self._replicas:
            raise UsageError(
                f"a batch of {config.batch} can't be shared out among {self._replicas}; "
                "take a multiple of that in the configuration"
            )
        self._names = names(config)
        self._losses, self._importance = goal(config)
        self._step: Callable[..., Any] | None = None
        self._apply = tf.function(self._applied, jit_compile=model.jit_compile)
        self._added = tf.function(self._add)

    def learn(self, lesson: Lesson, rate: float) -> dict[str, float]:
        optimizer = self.model.optimizer
        optimizer.learning_rate = rate
        if self._step is None:
            self._step = self._made(self._share(lesson, 0))
        shares = self._strategy.experimental_distribute_values_from_function(
            lambda context: self._share(lesson, context.replica_id_in_sync_group)
        )
        scale = tf.cast(optimizer.scale_loss(tf.constant(1.0)), tf.float32)
        weights = [tf.convert_to_tensor(v.value) for v in self.model.trainable_variables]
        found = self._step(weights, shares, scale)
        self._apply(found[len(self._names) :])
        return dict(zip(self._names, found[: len(self._names)].numpy().tolist(), strict=True))

    def judge(self, lesson: Lesson) -> dict[str, float]:
        losses = self.model.test_on_batch(*lesson, return_dict=True)
        return {name: float(loss) for name, loss in losses.items()}

    def summed(self, values: Floats) -> Floats:
        def mine(context: Any) -> Any:
            # of the replicas in this process the first has them all
            first = context.replica_id_in_sync_group % self._local == 0
            return tf.constant(values if first else np.zeros_like(values))

        shares = self._strategy.experimental_distribute_values_from_function(mine)
        found: Floats = self._added(shares).numpy()
        return found

    def _share(self, lesson: Lesson, replica: int) -> Lesson:
        """A replica's rows."""

        def rows(array: Any) -> Any:
            size = len(array) // self._replicas
            return tf.constant(array[replica * size : (replica + 1) * size])

        return tuple(tf.nest.map_structure(rows, part) for part in lesson)

    def _made(self, share: Lesson) -> Callable[..., Any]:
        """The step up to the sum: weights, shares and loss scale to losses and gradients."""
        model = self.model
        # the weights of notes sum to 1 over the whole lesson, the means of windows do not
        portion = 1.0 if len(share) == 3 else 1.0 / self._replicas

        def one(weights: list[Any], share: Lesson, scale: Any) -> Any:
            heard, wanted, *counts = share
            with tf.GradientTape() as tape:
                tape.watch(weights)
                given, _ = model.stateless_call(
                    weights, [v.value for v in model.non_trainable_variables], heard
                )
                by_factor = [
                    portion * ops.mean(loss(wanted[name], given[name], *(c[name] for c in counts)))
                    for name, loss in self._losses.items()
                ]
                total = sum(
                    counted * loss
                    for counted, loss in zip(self._importance.values(), by_factor, strict=True)
                )
                scaled = total * scale
            gradients = tape.gradient(scaled, weights)
            return tf.concat(
                [tf.stack([total, *by_factor]), *(tf.reshape(g, [-1]) for g in gradients)], axis=0
            )

        def spec(tensor: Any) -> Any:
            return tf.TensorSpec(tensor.shape, tensor.dtype)

        # traced here, outside the strategy: within it Keras would scale the losses anew
        traced = tf.function(one, jit_compile=model.jit_compile).get_concrete_function(
            [tf.TensorSpec(v.shape, v.dtype) for v in model.trainable_variables],
            tf.nest.map_structure(spec, share),
            tf.TensorSpec((), tf.float32),
        )

        @tf.function  # type: ignore[untyped-decorator]  # TensorFlow has no type stubs
        def step(weights: list[Any], shares: Any, scale: Any) -> Any:
            return self._add(self._strategy.run(traced, args=(weights, shares, scale)))

        made: Callable[..., Any] = step
        return made

    def _add(self, values: Any) -> Any:
        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, values, axis=None)

    def _applied(self, gradients: Any) -> None:
        variables = self.model.trainable_variables
        parts = tf.split(gradients, [prod(v.shape) for v in variables])
        shaped = [tf.reshape(part, v.shape) for part, v in zip(parts, variables, strict=True)]
        self.model.optimizer.apply(shaped, variables)
