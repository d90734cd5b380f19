def test_a_killed_run_ends_with_the_same_bits(start, topic_file):
    options = ["--trials", 1, "--dim", 8, "--epochs", 1, "--every", 0]
    process = start("kill_and_resume", topic_file, *options)
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.splitlines()[-1].split() == ["all", "1", "1"]
