"""안전 재고 아래로 내려간 품목의 발주 수량."""

from dataclasses import dataclass

from inventory.item import Item
from inventory.stock import Stock


@dataclass(frozen=True)
class OrderLine:
    item: Item
    boxes: int

    @property
    def quantity(self) -> int:
        return self.boxes * self.item.per_box


def needed(stock: Stock) -> list[OrderLine]:
    """모자란 품목을 많이 모자란 것부터."""
    short = [(item, item.safety - stock.quantity(item.code)) for item in stock]
    short = [(item, missing) for item, missing in short if missing > 0]
    short.sort(key=lambda pair: pair[1], reverse=True)
    return [OrderLine(item, boxes_for(missing, item.per_box)) for item, missing in short]


def boxes_for(missing: int, per_box: int) -> int:
    """모자란 수량을 채우는 상자 수."""
    return missing // per_box
