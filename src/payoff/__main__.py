"""`python -m payoff` is `payoff`."""

from payoff.cli import main

if __name__ == "__main__":
    main()
