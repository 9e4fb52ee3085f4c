"""Playing with what was learned: sessions and what stands beside them, tasks that a person has drawn, walks."""
