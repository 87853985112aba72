import pytest

from inventory.item import Item
from inventory.stock import OutOfStock, Stock

MILK = Item("M-001", "우유 1L", per_box=12, safety=60)


def test_입고하면_늘고_출고하면_준다():
    stock = Stock()
    stock.register(MILK, 10)

    stock.receive("M-001", 5)
    stock.ship("M-001", 8)

    assert stock.quantity("M-001") == 7


def test_남은_것보다_많이_꺼내면_거절하고_그대로_둔다():
    stock = Stock()
    stock.register(MILK, 3)

    with pytest.raises(OutOfStock, match="3개만"):
        stock.ship("M-001", 4)

    assert stock.quantity("M-001") == 3


def test_같은_코드는_두_번_등록할_수_없다():
    stock = Stock()
    stock.register(MILK)

    with pytest.raises(ValueError, match="M-001"):
        stock.register(MILK)
