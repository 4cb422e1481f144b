from __future__ import annotations

from textual.events import Paste

from dfui.tui.widgets.inputs import NumberInput
from tests.support.tui import Start


async def test_a_list_of_ids_that_is_pasted_as_the_number_is_no_number(start: Start) -> None:
    async with start(*(str(number) for number in range(100, 123))) as tui:
        dialog = await tui.confirming("m")
        tui.app.post_message(Paste(",".join(map(str, range(847_000, 848_000)))))
        await tui.press("enter")
        assert (tui.screen, dialog.query_one(NumberInput).number) == (dialog, None)
