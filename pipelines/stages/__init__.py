"""What a run does, stage by stage: each function takes tables and gives tables; assets only call them."""
