"""Libraries that loop over tasks: `higher`, `torchopt` and `iteryne`, each used as its own examples do."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from contest.task_loops import Adapted, TaskLoop
from contest.work import Noise, Work, at


class Higher(TaskLoop):
    """`higher.innerloop_ctx` (Grefenstette 2019)."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.higher: Any = import_module("higher")
        self.optimizers = {player: torch.optim.SGD(values, lr=work.rate) for player, values in self.meta.items()}

    @contextmanager
    def adapted(self, support: Tensor, noise: Noise) -> Iterator[Adapted]:
        """Descend with differentiable optimizers on patched copies of the modules."""
        work, nets, optimizers = self.work, {}, {}
        with ExitStack() as stack:
            for player, module in work.modules.items():
                context = self.higher.innerloop_ctx(
                    module,
                    self.optimizers[player],
                    copy_initial_weights=False,
                    track_higher_grads=work.second_order,
                )
                nets[player], optimizers[player] = stack.enter_context(context)
            for step, turn, player in work.schedule:
                if not self.alone:
                    nets[player].update_params([value.view_as(value) for value in nets[player].fast_params])
                optimizers[player].step(work.loss(player, nets, support, at(noise, step, turn)))
            params = {player: list(net.parameters()) for player, net in nets.items()}
            yield Adapted(nets, params, self.meta if work.second_order else params)


class TorchOpt(TaskLoop):
    """`torchopt.MetaSGD`, and `torchopt.SGD` on a copy where no second derivative is needed (Ren 2023)."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.torchopt: Any = import_module("torchopt")
        self.nets = work.modules if work.second_order else copy.deepcopy(work.modules)
        self.copies: dict[str, list[Tensor]] = {player: list(net.parameters()) for player, net in self.nets.items()}
        self.optimizers = {
            player: self.torchopt.MetaSGD(net, lr=work.rate)
            if work.second_order
            else self.torchopt.SGD(net.parameters(), lr=work.rate)
            for player, net in self.nets.items()
        }
        self.first = [
            (item, self.torchopt.extract_state_dict(item, by="reference"))
            for item in ((*self.nets.values(), *self.optimizers.values()) if work.second_order else ())
        ]

    @contextmanager
    def adapted(self, support: Tensor, noise: Noise) -> Iterator[Adapted]:
        """Descend in place, from the first parameters."""
        adapting = self._differentiably if self.work.second_order else self._on_copies
        with adapting(support, noise) as found:
            yield found

    @contextmanager
    def _differentiably(self, support: Tensor, noise: Noise) -> Iterator[Adapted]:
        for item, state in self.first:
            self.torchopt.recover_state_dict(item, state)
        for step, turn, player in self.work.schedule:
            if not self.alone:
                for module in self.nets[player].modules():
                    values: Any = module._parameters
                    values.update({name: value.view_as(value) for name, value in values.items() if value is not None})
            self.optimizers[player].step(self.work.loss(player, self.nets, support, at(noise, step, turn)))
        yield Adapted(self.nets, {}, self.meta)

    @contextmanager
    def _on_copies(self, support: Tensor, noise: Noise) -> Iterator[Adapted]:
        with torch.no_grad():
            for player, values in self.meta.items():
                torch._foreach_copy_(self.copies[player], values)
        for step, turn, player in self.work.schedule:
            self.optimizers[player].zero_grad()
            loss = self.work.loss(player, self.nets, support, at(noise, step, turn))
            torch.autograd.backward(loss, inputs=self.copies[player])
            self.optimizers[player].step()
        yield Adapted(self.nets, self.copies, self.copies)


class Iteryne(TaskLoop):
    """`iteryne.MAML`, whose learners are clones that adapt."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        iteryne: Any = import_module("iteryne")
        self.players = {
            player: iteryne.MAML(module, inner_lr=work.rate, first_order=not work.second_order)
            for player, module in work.modules.items()
        }

    @contextmanager
    def adapted(self, support: Tensor, noise: Noise) -> Iterator[Adapted]:
        """Descend with clones."""
        nets = {player: learner.clone() for player, learner in self.players.items()}
        for step, turn, player in self.work.schedule:
            if not self.alone:
                nets[player].params = {name: value.view_as(value) for name, value in nets[player].params.items()}
            nets[player].adapt(self.work.loss(player, nets, support, at(noise, step, turn)))
        yield Adapted(nets, {player: list(net.params.values()) for player, net in nets.items()}, self.meta)
