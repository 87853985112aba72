from inventory.item import Item
from inventory.order import boxes_for, needed
from inventory.stock import Stock


def test_안전_재고보다_많으면_발주하지_않는다():
    stock = Stock()
    stock.register(Item("W-200", "생수 2L", per_box=6, safety=120), 200)

    assert needed(stock) == []


def test_많이_모자란_품목이_먼저_나온다():
    stock = Stock()
    stock.register(Item("K-300", "김치 1kg", per_box=10, safety=40), 30)
    stock.register(Item("R-010", "쌀 10kg", per_box=1, safety=20), 0)

    assert [line.item.name for line in needed(stock)] == ["쌀 10kg", "김치 1kg"]


def test_발주_수량은_상자_단위로_올림한다():
    assert boxes_for(missing=30, per_box=12) == 3
    assert boxes_for(missing=7, per_box=6) == 2
    assert boxes_for(missing=12, per_box=12) == 1
