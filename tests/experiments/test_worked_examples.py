def test_the_script_prints_what_the_command_prints(start):
    done = start("worked_examples", "--learning-rate", "0.5")
    assert (done.returncode, done.stderr) == (0, "")
    assert "0.982023" in done.stdout and "1.787056" in done.stdout


def test_a_value_out_of_range_is_one_line_with_status_two(start):
    done = start("worked_examples", "--negatives", "0")
    assert done.returncode == 2
    assert "must be from 1 to 20" in done.stderr and "Traceback" not in done.stderr
