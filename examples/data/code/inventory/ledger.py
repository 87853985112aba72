"""CSV 장부."""

import csv
from pathlib import Path

from inventory.item import Item
from inventory.stock import Stock

COLUMNS = ["품목코드", "이름", "상자당", "안전재고", "수량"]


def read(path: Path) -> Stock:
    stock = Stock()
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            item = Item(row["품목코드"], row["이름"], int(row["상자당"]), int(row["안전재고"]))
            stock.register(item, int(row["수량"]))
    return stock


def write(path: Path, stock: Stock) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for item in stock:
            rows.writerow([item.code, item.name, item.per_box, item.safety, stock.quantity(item.code)])
