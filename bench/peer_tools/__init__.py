"""The same job as other tools do it, each as small as its documentation shows. Run by `bench.peers`, in an environment
of their own (requirements.txt beside this): nothing here is imported by anything of ours, and imports nothing of ours.

What a tool is told stands in a JSON file, the job: `read_url`, `expand`, `page`, `user`, `password` of SAP; `post_url`,
`token`, `app_key` of ServiceTitan; `bodies`, the body to post by purchase order, so that no tool spends time on making
it; `side_by_side`; `folder`, where it keeps its state; `report`, the file to which it adds what it used.
"""
