"""The whole site as static files: what `feedsvc serve` would answer, written down once.

    publication --plan--> paths and file names --write--> files --manifest, rules--> what hosts need

Every byte comes from the app that serves, asked in process. Nothing here renders, and nothing here
knows a feed format.
"""
