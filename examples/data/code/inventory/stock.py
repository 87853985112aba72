"""품목별 현재 수량과 입출고."""

from collections.abc import Iterator

from inventory.item import Item


class OutOfStock(Exception):
    """있는 것보다 많이 꺼내려고 했다."""


class Stock:
    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._quantities: dict[str, int] = {}

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def quantity(self, code: str) -> int:
        return self._quantities[code]

    def register(self, item: Item, quantity: int = 0) -> None:
        """품목을 등록한다. 이미 있는 코드면 안 된다."""
        if item.code in self._items:
            raise ValueError(f"이미 있는 품목 코드입니다: {item.code}")
        self._items[item.code] = item
        self._quantities[item.code] = quantity

    def receive(self, code: str, quantity: int) -> None:
        """입고."""
        if quantity < 1:
            raise ValueError("입고 수량은 1 이상이어야 합니다.")
        self._quantities[code] += quantity

    def ship(self, code: str, quantity: int) -> None:
        """출고. 모자라면 아무것도 바꾸지 않는다."""
        if quantity < 1:
            raise ValueError("출고 수량은 1 이상이어야 합니다.")
        if quantity > self._quantities[code]:
            raise OutOfStock(f"{self._items[code].name}: {self._quantities[code]}개만 남았습니다.")
        self._quantities[code] -= quantity
