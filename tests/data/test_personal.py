from __future__ import annotations

import pytest

from afina.data.personal import personal


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("rut", "RUT 12.345.678-5"),
        ("rut", "rut 11111111-1, Santiago"),
        ("rut", "10.000.013-K"),
        ("curp", "CURP HEGG560427MVZRRL04"),
        ("curp", "boxw310820hnerxn09"),
        ("iban", "IBAN es9121000418450200051332"),
        ("iban", "ES91 2100 0418 4502 0005 1332 PARA PAGAR"),
        ("iban", "GB29 NWBK 6016 1331 9268 19"),
        ("phone", "celular 55 1234 5678"),
        ("phone", "tel. (601) 745 2233"),
        ("phone", "9 8765 4321"),
        ("phone", "300 123 4567"),
        ("dni", "12345678Z"),
        ("dni", "X1234567L"),
        ("nit", "NIT 800.197.268-4"),
        ("cedula", "C.C. 79.456.123"),
    ],
)
def test_it_is_found_as_what_it_is(kind: str, text: str) -> None:
    assert [found for found, _what in personal(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "RUT 12.345.678-9",
        "CURP BOXW310820HNERXN08",
        "ES91 2100 0418 4502 0005 1333",
        "pedido 12345678A",
        "en 2021 costó 1.234.567 pesos",
        "de 2012 a 2013 y 2014",
    ],
)
def test_a_wrong_check_digit_is_nothing(text: str) -> None:
    assert list(personal(text)) == []
