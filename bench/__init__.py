"""Repeatable benchmarks. Each prints ratios against a limit taken in the same run: absolute figures mean little."""
