from seqseg.cli.console.terminal import print_facts, print_table


def test_numbers_are_to_the_right_and_words_to_the_left(capsys):
    print_table(("class", "pixels"), [("sky", "1,234"), ("pedestrian", "7")])
    assert capsys.readouterr().out == "  class       pixels\n  sky          1,234\n  pedestrian       7\n"


def test_a_table_without_rows_is_its_header(capsys):
    print_table(("class", "pixels"), [])
    assert capsys.readouterr().out == "  class  pixels\n"


def test_facts_are_in_two_columns_and_what_is_none_is_left_out(capsys):
    print_facts({"frames": 342, "fps": "25.0", "dropped": None})
    assert capsys.readouterr().out == "  frames  342\n  fps     25.0\n"
