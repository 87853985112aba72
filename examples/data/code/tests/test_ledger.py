from inventory import ledger
from inventory.item import Item
from inventory.report import state, table
from inventory.stock import Stock


def test_쓴_장부를_다시_읽으면_같다(tmp_path):
    stock = Stock()
    stock.register(Item("M-001", "우유 1L", per_box=12, safety=60), 30)

    ledger.write(tmp_path / "장부.csv", stock)

    assert table(ledger.read(tmp_path / "장부.csv")) == table(stock)


def test_상태는_수량과_안전_재고로_정한다():
    assert [state(quantity, 10) for quantity in (0, 9, 10)] == ["없음", "부족", "충분"]
