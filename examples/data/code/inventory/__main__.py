"""장부를 읽어 재고 현황과 발주서를 출력한다."""

import sys
from pathlib import Path

from inventory import ledger, order, report


def main() -> int:
    if len(sys.argv) != 2:
        print("쓰는 법: python -m inventory 장부.csv", file=sys.stderr)
        return 2
    stock = ledger.read(Path(sys.argv[1]))
    print(report.table(stock))
    for line in order.needed(stock):
        print(f"발주: {line.item.name} {line.boxes}상자({line.quantity}개)")
    return 0


raise SystemExit(main())
