"""A fixed corpus of ordinary prose, written for these tests."""

PROSE = """\
The ferry left a little after seven, when the fog had thinned enough to show the far bank. Marta stood
at the rail with a paper cup of coffee and counted the buoys as they slid past: three red ones, a green
one, then nothing for a long while. She had crossed here every summer since 1987, and the timetable had
not changed by more than five minutes in all that time.

Her brother was waiting on the other side with the old van. He had repaired the clutch himself, he said,
and it had cost him 48.50 for the parts and two evenings in the barn. "It will do another hundred
thousand," he told her, although neither of them believed it. They loaded the boxes: kitchen things, a
lamp, some forty books, and the clock that had never kept proper time.

On the road they talked about the house. The roof needed work on the north side; the quote was 12,400,
which seemed a lot, but the builder had shown them photographs of the rafters and there was no arguing
with those. Section 4.2 of the survey listed everything, from the cracked tiles (see page 17) to the
well, whose water had been tested on 12 May and found to be good. What worried Marta more was the
orchard. Of the sixty-one trees their grandfather had planted, only half still bore fruit.

A good answer begins with the question. If you want to know why a service is slow, measure first: how
many requests a second, how long each takes, where the time goes. Nine times out of ten the cause is not
where you thought it was. Then change one thing and measure again. Write down what you did, because in
three weeks you will not remember whether it was the cache, the index or the connection pool that made
the difference. A table with four columns is enough: date, change, before, after.

To bake the bread, mix 500 g of flour with 350 ml of water, 10 g of salt and a little yeast. Leave the
dough for twelve hours at 18 to 20 degrees, fold it twice, and let it rest while the oven heats up. It
should be as hot as it will go, at least 240 degrees. Bake for forty minutes; the crust ought to be dark
and sing when you take it out. Do not cut it while it is hot, however good it smells.

In the second half of the nineteenth century the town grew quickly. The railway came in 1858, the
gasworks in 1864, and by 1890 there were eleven mills along the river, each with its own chimney and its
own brass band. The census of 1891 counted 23,418 people, more than twice as many as thirty years before.
Most of them had come from the villages to the east; their names are still on the doors of the market
hall: bakers, saddlers, a maker of umbrellas.

Dear all, thank you for coming on Tuesday. We agreed on three things. First, the meeting moves to room
B-214 from next month. Second, Jonas will collect the figures for the first quarter and send them round
before the 15th. Third, nobody is to book travel until the budget is approved; I know this is a nuisance,
and I am sorry. If anything is unclear, ring me or come by. The kettle is always on. Best wishes, Ruth.

She opened the notebook and read: "Monday. Rain. Walked to the lighthouse and back, 9 km. Saw two seals."
The handwriting was small and even. On the next page someone had drawn a map with a cross on it, and
below the map, in another hand, a single line - "not here, further north". She turned the page. It was
blank, and so was every page after it, right to the end.
"""
