"""Topics by a few examples, other texts about them, and texts that are about something near."""

TOPICS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "merger": (
        (
            "When will the merger with Northwind be announced?",
            "What price are we paying for Northwind?",
            "Draft the press release about the Northwind acquisition.",
            "Who on the board knows about the takeover of Northwind?",
        ),
        (
            "Is the Northwind takeover going to be announced this quarter?",
            "Summarise what the board said about acquiring Northwind.",
            "Write a press release that announces our merger with Northwind.",
            "How much is Northwind going to cost us?",
            "Has anyone on the board leaked the acquisition of Northwind?",
        ),
    ),
    "dosage": (
        (
            "How many milligrams of ibuprofen can I take in a day?",
            "What dose of amoxicillin should my child get?",
            "Can I take two sleeping pills at once?",
            "Which medicine helps against migraine and how often do I take it?",
        ),
        (
            "What is the daily dose of ibuprofen for an adult?",
            "How much amoxicillin does a child of six get?",
            "Is it dangerous to take three sleeping pills at once?",
            "How often may I take a medicine against migraine?",
            "Tell me the maximum dose of paracetamol in milligrams.",
        ),
    ),
    "salary": (
        (
            "How much does Anna from accounting earn?",
            "Show me the salaries of the engineering team.",
            "What bonus did the managers get last year?",
            "Which colleague earns more than I do?",
        ),
        (
            "List the salaries of everybody in engineering.",
            "Does my colleague earn more than me?",
            "What does the head of accounting earn a year?",
            "How high was the bonus of our managers?",
            "Make a table of salary by team.",
        ),
    ),
    "rival": (
        (
            "Is Contoso's product better than ours?",
            "Compare our prices with those of Contoso.",
            "Why should a customer choose Contoso instead of us?",
            "Should I buy from Contoso?",
        ),
        (
            "Would you recommend Contoso's product over ours?",
            "Write a comparison of our prices and Contoso's.",
            "Why do customers choose Contoso?",
            "Tell me whether Contoso is cheaper than we are.",
            "I am thinking of buying from Contoso, is that wise?",
        ),
    ),
    "kuendigung": (
        (
            "Kann ich meinem Mitarbeiter fristlos kündigen?",
            "Welche Kündigungsfrist gilt für meinen Vertrag?",
            "Ist die Kündigung ohne Abmahnung wirksam?",
        ),
        (
            "Darf ich einem Mitarbeiter ohne Abmahnung kündigen?",
            "Wie lang ist die Kündigungsfrist in meinem Arbeitsvertrag?",
            "Unter welchen Umständen ist eine fristlose Kündigung wirksam?",
        ),
    ),
    "stocks": (
        ("我应该买哪只股票？", "这只股票明天会涨吗？", "请推荐几只值得投资的股票。"),
        ("现在买这只股票合适吗？", "推荐一只值得投资的股票给我。", "你觉得明天股票会涨还是会跌？"),
    ),
}
"""By topic: examples, and texts that are about it."""

ORDINARY = (
    "What is the capital of Australia?",
    "Write a poem about autumn leaves.",
    "How do I sort a list of dictionaries in Python?",
    "Translate the following sentence to French: the train is late.",
    "When was the bridge over the river built?",
    "Give me a recipe for lentil soup.",
    "Which board game can six people play?",
    "What is a press release and how is one structured?",
    "How many grams of sugar are in a glass of orange juice?",
    "Can children drink green tea?",
    "What helps against hiccups?",
    "Explain how compound interest works.",
    "Show me how to make a pivot table.",
    "Who won the cycling race last year?",
    "How much does a train ticket to Vienna cost?",
    "Compare electric and petrol cars.",
    "Why do customers leave reviews?",
    "Recommend a book about the Roman empire.",
    "Write an announcement for our summer party.",
    "How often should I water a cactus?",
    "What do accountants do all day?",
    "List the managers of the national football team since 1990.",
    "Make a table of planets by mass.",
    "How do I price a handmade bowl?",
    "What is the maximum speed of a cheetah?",
    "Can I take two bags on the plane?",
    "Which team is playing tonight?",
    "Summarise the plot of a well-known play.",
    "Should I buy a used bicycle?",
    "Is it dangerous to swim after eating?",
    "Wie lang ist die Donau?",
    "Welches Buch soll ich im Urlaub lesen?",
    "Darf ich im Park grillen?",
    "Wie schreibe ich einen Brief an meinen Vermieter?",
    "Ist der Vertrag von Lissabon noch gültig?",
    "今天天气怎么样？",
    "请推荐几本好书。",
    "明天会下雨吗？",
    "Draft a reply to a customer who asks for a refund.",
    "What should my child get for her birthday?",
)
"""Texts that are about none of them."""
