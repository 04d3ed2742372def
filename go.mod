module heroku-rollout-gate

go 1.26
