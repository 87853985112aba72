"""The words beside a number that say what it is, by kind, as regular expressions over folded text."""

from typing import Literal

Kind = Literal[
    "other",
    "card",
    "corporate",
    "business",
    "company",
    "resident",
    "account",
    "transfer",
    "bank",
    "passport",
    "licence",
    "phone",
    "unnamed",
]
"""`other` are numbers that are nobody's, `unnamed` are those whose name is not in this list. `company` and
`transfer` are talk of firms and of money, weaker than the words for their numbers."""


def either(words: str) -> str:
    """An alternative of the words in a text."""
    return "(?:" + "|".join(words.split()) + ")"


_BANK = either(
    "국민 신한 우리 하나 기업 농협 부산 대구 광주 전북 제주 경남 sc제일 제일 씨티 산업 카카오 케이 토스 수협 신협"
    " 우체국 새마을 카뱅 케뱅 저축 아이엠"
)
_BROKER = either("미래에셋 삼성 한국투자 키움 nh투자 kb 신한투자 토스 카카오페이")
_BANKS = (
    rf"{_BANK}\s?(?:은행|뱅크|금고|중앙회)|{_BROKER}\s?증권|카뱅|케뱅|i?m뱅크|k뱅크|산림조합"
    # The short names are everyday words too, so a number or an end must stand beside.
    rf"|(?<![가-힣]){_BANK}(?=[\s:(/,|-]{{0,2}}[0-9]{{2,6}}(?:[- ][0-9]{{2}}|[0-9]{{4}}))"
    rf"|(?<=[0-9][ (/,|]){_BANK}(?=[)/,]|\s*(?:\n|\Z)| [가-힣]{{2,4}}(?:[)\s]*(?:\n|\Z)))"
    r"|(?<![가-힣])(?:농협|수협|신협|우체국|토스|새마을)(?![가-힣]{3})"
    r"|(?<![a-z])(?:kb|nh|ibk|kdb|bnk|dgb)(?![a-z])"
)

_NUMBERED = either(
    "주문 접수 문서 송장 운송장 등기 관리 사건 승인 거래 예약 회원 고객 품목 제품 상품 모델 일련 시리얼 쿠폰 상품권"
    " 바우처 티켓 이슈 참조 추적 발급 계약 증권 청구서? 영수증 좌석 차량 우편 고유 조회 처리 결재 공고 특허 출원"
    " 허가 신고 민원 세션 요청 회의 미팅 작업 배포 빌드 견적 발주 입고 출고 재고 자산 장비 부품 도서 논문 과제 공문"
    " 수강 강좌 사원 직원 학생 수험 납부자? 지급 정산 입금자? 선적 컨테이너 보증서 보험 라이선스 인보이스 택배 배송"
    " 로트 lot 품 사 학"
)
_NAMED = either(
    "운송장 송장 등기 바코드 타임스탬프 시리얼 (?:라이선스|제품)\\s?키 버전 커밋 좌표 위도 경도 일련 품번 사번 학번"
    " 금액 잔액 한도 합계 총액"
)
_NAMED_LATIN = either(
    "order tracking invoice serial sku isbn issn ean upc gtin imei build commit sha1? hash uuid timestamp ts epoch"
    " version ver meeting zoom ticket pid port trace span req request txn job issue lot model barcode coupon"
    " license[\\s_]?key product latitude longitude lat lng lon seq node offset size nonce s/n po ref"
)
_OTHER = (
    rf"{_NUMBERED}\s?(?:번호|코드|id|아이디|no\.?)|{_NAMED}"
    rf"|(?<![a-z]){_NAMED_LATIN}(?:[\s_-]?(?:id|no|num|number|key|code))?(?![a-z])"
)

_TRANSFERS = either(
    "입금 송금 (?:계좌\\s?)?이체 환불 급여 월급 출금 납부 후원 회비 축의금 조의금 부의금 월세 보증금 정산 지급"
    " 수취인 받는\\s?분 보내\\s?[줘주] 부쳐"
)
_PHONES = either(
    "전화 연락처? 휴대\\s?폰 핸드\\s?폰 핸폰 폰\\s?번호 전번 팩스 직통 내선 대표\\s?번호 고객\\s?센터 콜\\s?센터"
    " 상담 문의 발신 수신 문자 ☎ ☏ 📞 📱 (?<=[가-힣])콜(?![가-힣]) 걸[면어었]"
)

WORDS: dict[Kind, str] = {
    "other": _OTHER,
    "card": r"(?:(?:신용|체크|법인|결제|직불)\s?)?카드(?!\s?뉴스)(?:\s?번호)?|(?<![a-z])(?:credit_?)?card",
    "corporate": r"법인\s?(?:등록)?\s?번호|법인등록|(?<![a-z])(?:corp|crn)",
    "business": r"사업자\s?(?:등록)?\s?(?:번호|증)?|등록\s?번호|(?<![a-z])(?:biz|brn|business|tax_?id)",
    "company": r"상호|\(주\)|㈜|주식회사|공급자|공급받는\s?자|거래처",
    "resident": (
        r"주민\s?(?:등록)?\s?번호|주민등록|주민(?=[\s:(]{0,2}[0-9])|민번|외국인\s?(?:등록)?\s?번호|거소\s?(?:신고)?\s?번호"
        r"|(?<![a-z])(?:rrn|jumin|ssn|resident|arc)"
    ),
    "account": r"계좌(?!\s?이체)|통장|예금주|(?<![a-z])(?:account|acct|acc|bank)",
    "transfer": rf"{_TRANSFERS}|(?<![a-z])atm",
    "bank": _BANKS,
    "passport": r"여권|passport",
    "licence": r"면허|licen[sc]e|driver",
    "phone": (rf"{_PHONES}|(?<![a-z])(?:tel|phone|mobile|cell|fax|hp|h\.p|contact|ars)|(?<![a-z0-9])[tmf](?=\s?[.:)])"),
}
"""Where two match at one place, the first one counts."""
