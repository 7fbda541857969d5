"""Why somebody wrote to the helpdesk: from what the helpdesk noted first, from the words of the subject second.

The lists are small on purpose: a ticket that they do not place is 'unknown' and counted, which is better than placed
wrongly. Each function takes SQL and returns SQL; texts are compared in lower case, umlauts written out, separators
alike. The words of a message are never read.
"""

from collections.abc import Iterable

from personalization.sources.importing.expressions import quoted

# Tags and options of contact-reason fields as shops name them: our choice, for every shop makes its own.
# In this order the first reason counts: who wants to return something late has a return, not a late parcel.
_NOTED: dict[str, str] = {
    "claim": "claim warranty warranty_claim guarantee garantie garantiefall gewaehrleistung reklamation",
    "damaged": "damaged damage damaged_item damaged_items damaged_product damaged_order arrived_damaged item_damaged"
    " broken broken_item defective defective_item faulty beschaedigt transportschaden defekt kaputt",
    "exchange": "exchange exchanges exchange_request size_exchange wrong_size umtausch groessentausch falsche_groesse",
    "return": "return returns return_request return_status return_label return_exchange return_or_exchange"
    " returns_exchanges returns_and_exchanges rma retoure retouren rueckgabe ruecksendung widerruf",
    "refund": "refund refunds refund_request refund_status missing_refund money_back rueckerstattung erstattung",
    "cancel": "cancel cancellation cancellations cancel_order order_cancel order_cancellation cancel_request"
    " storno stornierung bestellung_stornieren",
    "address": "address address_change change_address change_of_address wrong_address edit_address update_address"
    " shipping_address order_change_address adressaenderung adresse_aendern falsche_adresse lieferadresse",
    "wismo": "wismo where_is_my_order wheres_my_order where_s_my_order where_is_order order_status status_of_order"
    " shipping_status delivery_status tracking order_tracking track_order track_my_order tracking_info shipping_delay"
    " shipping_delayed shipping_late delivery_delay delivery_delayed delayed delayed_order delayed_delivery late_order"
    " late_delivery order_delay order_delayed not_received item_not_received order_not_received not_delivered"
    " delivered_not_received missing_order missing_package missing_parcel lost_package lost_parcel lost_order"
    " lost_in_transit package_lost wo_ist_meine_bestellung wo_ist_mein_paket bestellstatus lieferstatus versandstatus"
    " sendungsverfolgung sendungsstatus lieferverzug lieferverzoegerung nicht_erhalten paket_verloren",
    "product_question": "product_question product_questions product_info product_information product_enquiry"
    " product_inquiry pre_sale pre_sales presale presales sizing size_guide size_question stock_question back_in_stock"
    " availability produktfrage produktfragen groessenberatung verfuegbarkeit",
    "other": "other general general_question general_enquiry general_inquiry misc sonstiges sonstige andere",
}
_BEFORE = "contact_reason|contact_reasons|ticket_reason|reason|contact|topic|inquiry|kontaktgrund|grund|anliegen"
# Words of a subject, as regular expressions (RE2) over lower case and written-out umlauts; precise before complete.
_THING = "(order|parcel|package|delivery|shipment|item|items|purchase)"
_SACHE = "(bestellung|paket|lieferung|sendung|ware|artikel|pakete)"
_SAID: dict[str, tuple[str, ...]] = {
    "claim": (r"\bwarranty\b", r"\bgarantie", r"\bgewaehrleistung", r"\breklamation"),
    "damaged": (
        r"\bdamaged\b",
        r"\bbroken\b",
        r"\bdefective\b",
        r"\bfaulty\b",
        r"beschaedigt",
        r"\bdefekt",
        r"\bkaputt",
    ),
    "exchange": (
        r"\bexchang(e|es|ing)\b",
        r"\b(wrong|different|another) size\b",
        r"\bumtausch",
        r"\b(falsche|andere) groesse\b",
    ),
    "return": (
        r"\breturn(s|ing)?\b",
        r"\b(send|sending|give) (it |this |them )?back\b",
        r"\bretour",
        r"\bruecksend",
        r"\brueckgabe\b",
        r"\bzurueck(senden|schicken|geben)\b",
        r"\bwiderruf",
    ),
    "refund": (
        r"\brefund(s|ed)?\b",
        r"\bmoney back\b",
        r"\breimburse",
        r"erstattung\b",
        r"\berstatten\b",
        r"\bgeld zurueck\b",
    ),
    "cancel": (r"\bcancel(s|led|ed|ling|ing|lation)?\b", r"\bstornier", r"\bstorno\b"),
    "address": (
        r"\b(change|changed|wrong|new|update|incorrect|different)\b.*\baddress\b",
        r"\baddress (change|update|is wrong|wrong)\b",
        r"\b(falsche|neue|andere|geaenderte) (liefer)?adresse\b",
        r"\b(liefer)?adresse (aendern|falsch|geaendert)\b",
        r"\badressaenderung",
    ),
    "wismo": (
        rf"\bwhere('s| is| are)? (my|our|the) {_THING}\b",
        rf"\b{_THING} (status|update|delay|delayed|late|missing|lost|not (here|received|delivered|arrived))\b",
        rf"\b(late|delayed|missing|lost|status of( my| the)?) {_THING}\b",
        r"\b(not|never|hasn't|haven't|didn't|yet to) (yet )?(been )?(arrive|arrived|receive|received|delivered)\b",
        rf"\bwhen (will|does|is) (my|our|the) {_THING}\b",
        r"\btracking\b",
        r"\btrack my\b",
        rf"\bwo (ist|sind|bleibt|bleiben) (mein|meine|unser|unsere|das|die) {_SACHE}\b",
        rf"\b{_SACHE} (ist )?(noch )?(nicht|nie) (da|angekommen|erhalten|bekommen|geliefert)\b",
        r"\bnoch nicht (angekommen|erhalten|bekommen|geliefert)\b",
        rf"\b{_SACHE} (verspaetet|verloren|fehlt|verschwunden)\b",
        rf"\bwann kommt (mein|meine|das|die) {_SACHE}\b",
        r"\b(bestell|liefer|versand|sendungs)status\b",
        r"\bsendungs(verfolgung|nummer)\b",
        r"\bliefer(verzug|verzoegerung)\b",
    ),
    "product_question": (
        r"\bquestion(s)? (about|on|regarding) (the |this |your |a )?(product|item|size|sizing|ingredients)\b",
        r"\bproduct question\b",
        r"\b(back in stock|size guide|ingredients)\b",
        r"\bhow (do|to|can|should) (i |we )?(use|wash|clean|assemble)\b",
        r"\bfrage(n)? (zu|zum|zur) (dem |diesem )?(produkt|artikel|groesse)\b",
        r"\bproduktfrage",
        r"\binhaltsstoffe\b",
        r"\bwieder (lieferbar|verfuegbar)\b",
    ),
}
_NUMBER = "[a-z]{0,5}-?[0-9]{3,13}"  # the name of an order: our choice of what looks like one
_CALLED = r"(?:order|bestellung|bestellnummer|bestell-nr|auftrag)(?:\s?(?:number|no\.?|nr\.?|nummer|id))?\s?[:#]?\s?"
_IN_SUBJECT = rf"(?:#\s?|\b{_CALLED})({_NUMBER})\b"


def _plain(expression: str) -> str:
    """Return the SQL of a text in lower case with umlauts written out."""
    plain = f"lower(nfc_normalize({expression}))"
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("’", "''")):
        plain = f"replace({plain}, '{umlaut}', '{letters}')"
    return plain


def noted_reason(texts: str) -> str:
    """Return the SQL of the reason that a list of tags, or of a field's options, gives; null where none does.

    "Reason: Where is my order", "reason_where-is-my-order" and "Order::Status" are read alike; of an option with
    levels ("Shipping::Delay::Carrier", as a tag "shipping__delay__carrier") each level counts, the whole, and
    the whole without its last level.
    """
    levels = (
        f"list_concat({texts}, flatten(list_transform({texts}, lambda t: list_concat("
        r"[regexp_replace(t, '^(.*)(?:::|__).*$', '\1')], regexp_split_to_array(t, '::|__')))))"
    )
    word = rf"trim(regexp_replace({_plain('t')}, '[^\p{{L}}\p{{N}}]+', '_', 'g'), '_')"
    own = f"list_transform({levels}, lambda t: regexp_replace({word}, '^({_BEFORE})_', ''))"
    cases = " ".join(
        f"WHEN list_has_any(noted, [{_listed(words.split())}]) THEN '{reason}'" for reason, words in _NOTED.items()
    )
    return f"(SELECT CASE {cases} END FROM (SELECT {own} AS noted))"


def said_reason(subject: str) -> str:
    """Return the SQL of the reason that the words of a subject give, in English or German; null where none do."""
    cases = " ".join(
        f"WHEN regexp_matches({_plain(subject)}, {quoted('|'.join(patterns))}) THEN '{reason}'"
        for reason, patterns in _SAID.items()
    )
    return f"CASE {cases} END"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(map(quoted, words))


def order_in_subject(subject: str) -> str:
    """Return the SQL of the order that a subject names ("#1001", "order 1001", "Bestellung Nr. 1001"), else null."""
    return f"nullif(regexp_extract({_plain(subject)}, {quoted(_IN_SUBJECT)}, 1), '')"


def order_in_tags(tags: str) -> str:
    """Return the SQL of the order that a tag names ("order_1001", "#1001"), else null."""
    pattern = f"^(?:#|(?:order|bestellung)[ _:#-]+)({_NUMBER})$"
    named = f"list_transform({tags}, lambda t: regexp_extract(lower(t), {quoted(pattern)}, 1))"
    return f"(list_filter({named}, lambda t: t <> ''))[1]"


def order_in_fields(values: str) -> str:
    """Return the SQL of the order that a field holds, known by its shape ("#1001"), else null.

    A bare number may be anything, a postcode too, so it needs the sign.
    """
    return f"ltrim((list_filter({values}, lambda v: regexp_full_match(lower(trim(v)), '#{_NUMBER}')))[1], ' #')"
