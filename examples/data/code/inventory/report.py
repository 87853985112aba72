"""사람이 읽는 재고 현황표."""

from inventory.stock import Stock


def state(quantity: int, safety: int) -> str:
    if quantity == 0:
        return "없음"
    if quantity < safety:
        return "부족"
    return "충분"


def table(stock: Stock) -> str:
    lines = ["코드\t이름\t수량\t안전\t상태"]
    for item in stock:
        quantity = stock.quantity(item.code)
        lines.append(f"{item.code}\t{item.name}\t{quantity}\t{item.safety}\t{state(quantity, item.safety)}")
    return "\n".join(lines)
